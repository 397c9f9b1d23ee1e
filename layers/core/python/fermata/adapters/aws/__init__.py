"""The engine's ports on AWS. One class each, made from the names of its resources; importing them loads no boto3."""
