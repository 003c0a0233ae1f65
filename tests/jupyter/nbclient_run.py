"""Executes a notebook with nbclient, as nbconvert and many others do, once for each file to write: IN OUT…"""
import sys

import nbformat
from nbclient import NotebookClient

for out in sys.argv[2:]:
    notebook = nbformat.read(sys.argv[1], as_version=4)
    NotebookClient(notebook, kernel_name="deno", timeout=120, allow_errors=True).execute()
    nbformat.validate(notebook)
    nbformat.write(notebook, out)
