"""What runs inside the functions' processes, where a switch asks for it."""
