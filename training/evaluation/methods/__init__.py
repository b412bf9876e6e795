"""Methods that colour a clip from one still, behind one interface; the untrained ones are the baselines."""
