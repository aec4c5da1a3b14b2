"""What a user pastes into a shell to use the local pair."""

import shlex
import sys
from pathlib import Path

from lineament import config

_SCRIPT = """\
import boto3
s3, faces = boto3.client("s3"), boto3.client("rekognition")
s3.create_bucket(Bucket="photos")
s3.upload_file({known!r}, "photos", "known.jpg")
if "people" not in faces.list_collections()["CollectionIds"]:
    faces.create_collection(CollectionId="people")
faces.index_faces(
    CollectionId="people",
    ExternalImageId="Barack_Obama",
    Image={{"S3Object": {{"Bucket": "photos", "Name": "known.jpg"}}}},
)
with open({other!r}, "rb") as photo:
    found = faces.search_faces_by_image(CollectionId="people", Image={{"Bytes": photo.read()}})
for match in found["FaceMatches"]:
    print(match["Face"]["ExternalImageId"], round(match["Similarity"], 2))
"""


def exports(api_url: str, aws_url: str) -> str:
    """Return the shell lines that point every AWS SDK and the AWS CLI at the pair."""
    variables = config.local_exports(api_url, aws_url)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    return "\n".join(["unset AWS_PROFILE AWS_SESSION_TOKEN", *lines])


def script(model_dir: Path) -> str:
    """Return a Python program that indexes a photo from S3 and finds the person in another."""
    photos = model_dir / "photos"
    return _SCRIPT.format(known=str(photos / "obama.jpg"), other=str(photos / "obama2.jpg"))


def lines_to_paste(api_url: str, aws_url: str, model_dir: Path, data: Path | None = None) -> str:
    """Return everything that `lineament serve --local` prints when it is ready."""
    kept = "in memory" if data is None else f"in {data}"
    aws_cli = Path(sys.executable).with_name("aws")
    command = shlex.quote(str(aws_cli)) if aws_cli.exists() else "aws"
    return f"""
Ready: the API on {api_url}, S3 and DynamoDB on {aws_url} ({kept}). Ctrl-C stops them.

# Paste into another shell: every AWS SDK and the AWS CLI then talk to this pair.
{exports(api_url, aws_url)}

# Index a photo from S3, then find the person in a photo that was never indexed.
{shlex.quote(sys.executable)} - <<'EOF'
{script(model_dir)}EOF

# The same collection with the AWS CLI.
{command} rekognition list-faces --collection-id people
"""
