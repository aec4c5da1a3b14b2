"""The Flask adapter over `Application.handle`: POST /, health; nothing about faces."""
