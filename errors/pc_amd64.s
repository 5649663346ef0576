//go:build gc && !purego

#include "textflag.h"

// func returnPC() uintptr
//
// Without a frame of its own, returnPC still has its caller's frame pointer.
TEXT ·returnPC(SB), NOSPLIT|NOFRAME, $0-8
	MOVQ 8(BP), AX
	MOVQ AX, ret+0(FP)
	RET
