"""Files of the account's drive: uploads, downloads, attachments."""
