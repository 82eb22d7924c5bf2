"""Cohorts handed to the tools people use: every exporter turns memberships, or an audit, into texts of files."""
