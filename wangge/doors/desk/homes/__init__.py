"""The house card 房→人→事→情→策 on the desk, what is recorded on it, and the printed building sheet."""
