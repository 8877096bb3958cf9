"""Files of the account's drive: uploading, downloading, and what they are attached to."""
