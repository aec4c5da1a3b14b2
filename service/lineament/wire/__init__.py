"""Bytes to parameters and back, by AWS's own service model.

Here is no Flask, no boto3 client, no I/O and no knowledge of faces: errors, context, botocore's
model files and marshmallow only.
"""
