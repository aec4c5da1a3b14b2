"""Lineament: Amazon Rekognition's wire API, computed for real, on S3 and DynamoDB.

Importing this package loads no model runtime; tests/architecture measures that.
"""

__version__ = "0.1.0"
