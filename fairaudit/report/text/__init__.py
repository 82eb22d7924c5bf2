"""Reports as text: terminal, Markdown and JUnit."""
