"""Write a report in the format that is asked for."""

from typing import Literal

from command_center.evaluation.book import Book
from command_center.problem import Language


def write_book(book: Book, kind: Literal["xlsx", "pdf"], language: Language) -> bytes:
    """The report as a file. Raises Problem where it cannot be made here."""
    if kind == "xlsx":
        from command_center.evaluation.xlsx import write_xlsx

        return write_xlsx(book, language)
    from command_center.evaluation.pdf import write_pdf

    return write_pdf(book, language)
