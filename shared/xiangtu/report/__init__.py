"""What goes out of the office: figures, workbooks, pages, exports."""
