"""The production server over real sockets."""
