"""Ingest: delivered files become immutable, de-identified Parquet; nothing is lost on the way.

``files`` finds deliveries and tells their encoding, ``statement`` turns a contract into SQL, ``deidentify`` keeps
personal data out, ``load`` runs one file through them, ``ledger`` records what became of every row.
"""
