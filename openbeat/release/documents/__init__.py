"""What is written about a release, for people and for programs: each kind of document is one module."""

from openbeat.release.documents.document import Document, DocumentContext, documents, render_documents

__all__ = ["Document", "DocumentContext", "documents", "render_documents"]
