"""The account itself and its currencies."""
