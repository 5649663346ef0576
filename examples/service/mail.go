package main

import (
	"context"
	"fmt"
	"log/slog"
	"mime"
	"net/mail"
	"os"
	"path/filepath"

	"github.com/goplinth/plinth/buffer"
	"github.com/goplinth/plinth/errors"
)

// A mailer welcomes users. In place of a mail server it has a directory, or only the
// log. It knows nothing of the queue that calls it.
type mailer struct {
	dir string // empty for the log
	log *slog.Logger
}

// welcome sends the mail of a job. It bears being called again for a job that is done:
// the file has the name of the job, as a mail to a server would have its Message-ID.
func (m *mailer) welcome(ctx context.Context, j job) (err error) {
	if m.dir == "" {
		m.log.InfoContext(ctx, "mail", "job", j.ID, "to", j.To)
		return nil
	}
	b := buffer.Empty(0)
	defer b.Release()
	to := mail.Address{Name: j.Name, Address: j.To}
	fmt.Fprintf(b, "Message-ID: <%s@service>\r\nTo: %s\r\nSubject: %s\r\n", j.ID, to.String(), mime.QEncoding.Encode("utf-8", "Welcome, "+j.Name))
	fmt.Fprintf(b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nYour account is ready.\r\n")

	f, err := os.CreateTemp(m.dir, ".mail-*")
	if err != nil {
		return errors.Wrap(err, "create mail")
	}
	defer os.Remove(f.Name()) // fails after Rename
	if _, err := b.WriteTo(f); err != nil {
		return errors.Append(errors.Wrap(err, "write mail"), f.Close())
	}
	if err := errors.Append(f.Sync(), f.Close()); err != nil {
		return errors.Wrap(err, "write mail")
	}
	return errors.Wrap(os.Rename(f.Name(), filepath.Join(m.dir, j.ID+".eml")), "send mail", slog.String("job", j.ID))
}
