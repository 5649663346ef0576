package errors

import (
	"fmt"
	"io"
)

// format prints the message for %v, %s and the like, with width and precision as
// for a string; for %+v the message followed by the tree of causes, one line
// each; and for %#v the call that could have made err.
func format(s fmt.State, verb rune, err error) {
	switch verb {
	case 'v':
		switch {
		case s.Flag('+'):
			io.WriteString(s, Tree(err))
			return
		case s.Flag('#'):
			formatCall(s, err)
			return
		}
		_, wide := s.Width()
		_, precise := s.Precision()
		if !wide && !precise {
			io.WriteString(s, err.Error())
			return
		}
		fallthrough
	case 's', 'q', 'x', 'X':
		fmt.Fprintf(s, fmt.FormatString(s, verb), err.Error())
	default:
		fmt.Fprintf(s, "%%!%c(%T=%s)", verb, err, err.Error())
	}
}

func formatCall(s fmt.State, err error) {
	switch e := err.(type) {
	case *formatted:
		fmt.Fprintf(s, "errors.Errorf(%q, %#v)", e.text, e.cause)
	case *formattedMany:
		fmt.Fprintf(s, "errors.Errorf(%q", e.text)
		formatList(s, ", ", e.causes)
	case *appended:
		io.WriteString(s, "errors.Append(")
		formatList(s, "", e.errs)
	case *stacked:
		fmt.Fprintf(s, "errors.WithStack(%#v)", e.cause)
	default:
		if w := hopOf(err); w != nil {
			fmt.Fprintf(s, "errors.Wrap(%#v, %q)", w.cause, w.msg)
		}
	}
}

// formatList writes the last arguments of a call.
func formatList(s fmt.State, separator string, errs []error) {
	for _, err := range errs {
		fmt.Fprintf(s, "%s%#v", separator, err)
		separator = ", "
	}
	io.WriteString(s, ")")
}
