"""Parameters to parameters: one file per resource, one function per operation, named after it.

Wire dicts keep AWS's PascalCase and stop here; inside are the frozen dataclasses of domain/.
"""
