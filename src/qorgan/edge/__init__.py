"""The school node: alarms, recording and picture analysis on one small PC."""
