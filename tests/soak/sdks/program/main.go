package main

import (
	"drydock/sdks/generated/go/drydock"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		cache, err := drydock.NewRedisService(ctx, "cache", &drydock.RedisServiceArgs{Memory: pulumi.StringRef("64m")})
		if err != nil {
			return err
		}
		_, err = drydock.NewWebApp(ctx, "app", &drydock.WebAppArgs{
			Image:   pulumi.String("redis:8"),
			Command: []string{"sleep", "infinity"},
			Health:  &drydock.HealthArgs{Command: []string{"true"}},
			Links:   map[string]pulumi.Input{"database": cache.Connection, "host": cache.Connection},
			Variables: map[string]pulumi.Input{
				"database": pulumi.StringMap{"host": pulumi.String("DB_HOST"), "port": pulumi.String("DB_PORT")},
				"host":     pulumi.Map{"database": pulumi.String("2"), "parameters": pulumi.StringMap{"pool": pulumi.String("20")}},
			},
			Secrets: []string{"SAML_KEY"},
		})
		return err
	})
}
