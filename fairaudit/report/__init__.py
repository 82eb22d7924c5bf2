"""What people see of an audit: the page, the terminal, the notebook. Input is always what ``audit.json`` holds."""

from fairaudit.report.contract import audit_schema, read_audit, validate_audit
from fairaudit.report.notebook import render_notebook
from fairaudit.report.page import render_html
from fairaudit.report.terminal import render_terminal

__all__ = ["audit_schema", "read_audit", "render_html", "render_notebook", "render_terminal", "validate_audit"]
