"""A profile other than the default one, for collections that are bound to it."""

SECOND = "light"
