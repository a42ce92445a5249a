"""Reports that leave the house: what an auditor signs, and what the audited party is handed."""
