"""What a user subclasses: `Model`, its typed attributes and expressions, custom fields, relations."""
