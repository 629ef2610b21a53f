/** Whether a value is secret, judged by its name or its form. */

const SECRET_NAME =
    /(^|_)(PASS|PASSWDS?|PASSWORDS?|PASSPHRASES?|PWDS?|SECRETS?|TOKENS?|CREDENTIALS?|SALTS?|KEYS?|KEY_BASE|APIKEYS?|ACCESS_KEY_IDS?|AUTH)(_?\d+)?$/;
const PUBLIC_NAME = /(PUBLIC|PUBLISHABLE|SITE|CACHE|FOREIGN)_KEYS?$|^PRIMARY_KEYS?$/;

/** Whether the value of a variable of this name is a secret. */
export function isSecretName(name: string): boolean {
    const upper = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
    return SECRET_NAME.test(upper) && !PUBLIC_NAME.test(upper);
}

/** Whether the value itself is not secret, whatever its name: a switch, a number or nothing. */
export function isHarmless(value: string): boolean {
    return /^(|true|false|yes|no|on|off|\d{1,4}|trust|none|null)$/i.test(value);
}

/** Whether a value has a login anywhere: `amqp://user:password@host`. */
export function hasLogin(value: string): boolean {
    return /[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i.test(value);
}
