//go:build gc && !purego

#include "textflag.h"

// func returnPC() uintptr
//
// Without a frame of its own, returnPC still has its caller's frame pointer,
// with the link register that the caller saved right above.
TEXT ·returnPC(SB), NOSPLIT|NOFRAME, $0-8
	MOVD 8(R29), R0
	MOVD R0, ret+0(FP)
	RET
