package main

import (
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/goplinth/plinth/errors"
	"github.com/goplinth/plinth/validate"
)

// A config is what the service reads from the environment, under the names in the
// env tags.
type config struct {
	Addr        string `env:"ADDR" validate:"required"` // 127.0.0.1:8080; port 0 is a free one
	DatabaseURL string `env:"DATABASE_URL"`             // sqlite:service.db, or postgres://...
	QueueURL    string `env:"QUEUE_URL"`                // memory: is the only engine yet
	CacheURL    string `env:"CACHE_URL"`                // memory: is the only engine yet

	AdminEmail    string `env:"ADMIN_EMAIL" validate:"required,email"`            // admin@example.com
	AdminPassword string `env:"ADMIN_PASSWORD" validate:"omitempty,min=8,max=72"` // without one, it is made up and printed once

	CORSOrigins []string `env:"CORS_ORIGINS" validate:"max=100,dive,url"` // origins of browser apps, with commas between them; none
	MailDir     string   `env:"MAIL_DIR"`                                 // where mail is put; without it, mail is logged

	SessionTTL     time.Duration `env:"SESSION_TTL" validate:"min=1m"`                       // 24h
	JobLease       time.Duration `env:"JOB_LEASE" validate:"min=100ms"`                      // 30s: another process takes over a job after that
	PasswordMemory uint32        `env:"PASSWORD_MEMORY" validate:"min=8,max=4194304"`        // 19456 KiB for each hash that is computed
	ReadTimeout    time.Duration `env:"READ_TIMEOUT" validate:"min=10ms"`                    // 10s for a request, head and body
	IdleTimeout    time.Duration `env:"IDLE_TIMEOUT" validate:"min=10ms"`                    // 2m between two requests
	DrainDelay     time.Duration `env:"DRAIN_DELAY" validate:"min=0s"`                       // 500ms in which clients are told to leave
	StopTimeout    time.Duration `env:"STOP_TIMEOUT" validate:"min=10ms,gtfield=DrainDelay"` // 20s for all of the shutdown
	LogLevel       slog.Level    `env:"LOG_LEVEL"`                                           // INFO; DEBUG logs each request
}

// readConfig returns the configuration, or an error that names every mistake in it.
func readConfig(getenv func(string) string) (config, error) {
	var mistakes []error
	text := func(name, otherwise string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	duration := func(name string, otherwise time.Duration) time.Duration {
		d, err := time.ParseDuration(text(name, otherwise.String()))
		if err != nil {
			mistakes = append(mistakes, errors.Errorf("%s: must be a duration such as 30s", name))
			return otherwise
		}
		return d
	}
	cfg := config{
		Addr:          text("ADDR", "127.0.0.1:8080"),
		DatabaseURL:   text("DATABASE_URL", "sqlite:service.db"),
		QueueURL:      text("QUEUE_URL", "memory:"),
		CacheURL:      text("CACHE_URL", "memory:"),
		AdminEmail:    text("ADMIN_EMAIL", "admin@example.com"),
		AdminPassword: getenv("ADMIN_PASSWORD"),
		MailDir:       getenv("MAIL_DIR"),
		SessionTTL:    duration("SESSION_TTL", 24*time.Hour),
		JobLease:      duration("JOB_LEASE", 30*time.Second),
		ReadTimeout:   duration("READ_TIMEOUT", 10*time.Second),
		IdleTimeout:   duration("IDLE_TIMEOUT", 2*time.Minute),
		DrainDelay:    duration("DRAIN_DELAY", 500*time.Millisecond),
		StopTimeout:   duration("STOP_TIMEOUT", 20*time.Second),
	}
	if origins := getenv("CORS_ORIGINS"); origins != "" {
		cfg.CORSOrigins = strings.Split(origins, ",")
	}
	memory, err := strconv.ParseUint(text("PASSWORD_MEMORY", "19456"), 10, 32)
	if err != nil {
		mistakes = append(mistakes, errors.New("PASSWORD_MEMORY: must be a number of KiB"))
		memory = 19456
	}
	cfg.PasswordMemory = uint32(memory)
	if _, _, err := net.SplitHostPort(cfg.Addr); err != nil {
		mistakes = append(mistakes, errors.New("ADDR: must be a host, or nothing for all, a colon and a port"))
	}
	if err := cfg.LogLevel.UnmarshalText([]byte(text("LOG_LEVEL", "INFO"))); err != nil {
		mistakes = append(mistakes, errors.New("LOG_LEVEL: must be DEBUG, INFO, WARN or ERROR"))
	}

	rules, err := validate.For[config](validate.Options{NameTag: "env"})
	if err != nil {
		return config{}, err
	}
	wrong, _ := errors.AsType[validate.Errors](rules.Validate(&cfg))
	for _, field := range wrong {
		mistakes = append(mistakes, errors.Errorf("%v: %s", field.Path, field.Message))
	}
	return cfg, errors.Join(mistakes...)
}
