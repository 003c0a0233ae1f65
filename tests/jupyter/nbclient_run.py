"""Executes a notebook with nbclient, as nbconvert and many others do, once for each file to write: IN OUT…"""
import sys

import nbformat
from nbclient import NotebookClient

for out in sys.argv[2:]:
    notebook = nbformat.read(sys.argv[1], as_version=4)
    # On a busy machine nbclient cuts a cell's outputs where it has not read them 4 seconds after its end.
    options = {"timeout": 120, "iopub_timeout": 120, "allow_errors": True}
    NotebookClient(notebook, kernel_name="deno", **options).execute()
    nbformat.validate(notebook)
    nbformat.write(notebook, out)
