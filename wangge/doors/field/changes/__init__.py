"""迁入 迁出 出租变更 新生 死亡, told on the phone in a few taps from a house card."""
