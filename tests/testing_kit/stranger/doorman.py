"""A stranger's application: who comes to the door is looked up, and written down."""

import boto3

THRESHOLD = 90
rekognition = boto3.client(
    "rekognition", "us-east-1", aws_access_key_id="123456789012", aws_secret_access_key="any"
)


def enrol(bucket, key, name):
    """Let the doorman know somebody."""
    answer = rekognition.index_faces(
        CollectionId="residents",
        Image={"S3Object": {"Bucket": bucket, "Name": key}},
        ExternalImageId=name,
        MaxFaces=1,
    )
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def on_photo(event):
    """Handle an S3 event: return who is let in, and keep it."""
    visits = boto3.resource("dynamodb", "us-east-1").Table("visits")
    admitted = []
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], record["s3"]["object"]["key"]
        try:
            answer = rekognition.search_faces_by_image(
                CollectionId="residents",
                Image={"S3Object": {"Bucket": bucket, "Name": key}},
                FaceMatchThreshold=THRESHOLD,
                MaxFaces=1,
            )
        except rekognition.exceptions.InvalidParameterException:
            continue  # nobody in the picture
        for match in answer["FaceMatches"]:
            admitted.append(match["Face"]["ExternalImageId"])
            visits.put_item(Item={"photo": key, "who": admitted[-1]})
    return admitted
