"""Records to DynamoDB and S3 and back: the only importer of boto3 clients.

Every write is conditional; strongly consistent reads where a read decides. Keys: ARCHITECTURE.md.
"""
