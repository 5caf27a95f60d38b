"""吹哨报到 on the desk and on the phone of a called unit."""
