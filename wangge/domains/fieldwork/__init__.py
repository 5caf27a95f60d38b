"""Work in the grid: 早碰头, 日双巡, 走访, and what the worker's phone carries of it.

A *round* is one window of one day in one grid; it holds the *checkpoints* due. A *visit* answers every rule due for a
household or a firm at once. A *stand-up* is a list the system made and the decisions people took on it, which become
*tasks*. An *absence* is covered by a dated post. A *phone* reports how much it still has to send.

Never here: a track, a mileage, a count of log-ins, a quota or a comparison of named workers. A position is used in the
moment of the tap and not kept: what stays is how many metres lay between.
"""
