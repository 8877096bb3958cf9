"""Leads: the model, how they move through the stages, their source, reasons of loss, creation with contact and company."""
