"""The trade's rules of the directory: numbers, firms, licences, import sheets."""
