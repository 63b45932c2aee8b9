"""Forms in which a plan or a run is shown: terminal, HTML, XLSX, CSV and JSON."""
