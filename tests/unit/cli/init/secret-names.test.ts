import { hasLogin, isHarmless, isSecretName } from "../../../../cli/init/secret-names.ts";

test.each([
    "DB_PASS",
    "SECRET_KEY_BASE",
    "STRIPE_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "smtpPassword",
    "GITHUB_TOKEN",
    "KEY",
    "ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY",
    "API_KEYS",
    "TOKENS",
    "PASSWORDS",
])("%s is the name of a secret", (name) => {
    expect(isSecretName(name)).toBe(true);
});

test.each([
    "LOG_LEVEL",
    "PASSENGER_MAX",
    "TOKEN_EXPIRY",
    "KEYCLOAK_URL",
    "VAPID_PUBLIC_KEY",
    "RECAPTCHA_SITE_KEY",
    "PRIMARY_KEY",
])("%s is no name of a secret", (name) => {
    expect(isSecretName(name)).toBe(false);
});

test("a switch is no secret, whatever its name", () => {
    expect(["true", "yes", "", "10"].map(isHarmless)).toEqual([true, true, true, true]);
    expect(isHarmless("hunter2")).toBe(false);
});

test.each([
    "jdbc:mysql://app:pw@db/shop",
    "http://search:9200,http://elastic:pw@other:9200",
    "AMQP://u:pw@h",
])("%s has a login", (value) => {
    expect(hasLogin(value)).toBe(true);
});

test.each(["http://search:9200", "mail to a@example.com: now", "redis://cache:6379 user@host"])(
    "%s has no login",
    (value) => {
        expect(hasLogin(value)).toBe(false);
    },
);
