package queuetest

// RunLaws is Run for some of the laws.
var RunLaws = run
