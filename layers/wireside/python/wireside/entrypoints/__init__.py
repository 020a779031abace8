"""Where Lambda comes in: decode, call one service, done."""
