"""The study: what training with cohorts does to a small recogniser, judged by fairaudit on other speakers."""
