-- Open incidents are what a screen shows first: their heads are found without walking all others.
CREATE INDEX head_open ON head (open) WHERE open = 1;
