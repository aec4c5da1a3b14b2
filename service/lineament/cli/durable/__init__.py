"""S3 and DynamoDB that keep what they acknowledged, in a folder: ministack behind a journal."""
