import type { RegistrationPolicy } from 'nestjs-oauth-kit';

/** What may be registered, as JSON. */
export function policyJson(policy: RegistrationPolicy): Readonly<Record<string, readonly string[]>> {
  const { scopes, resources, authenticationMethods: methods, grantTypes: grants } = policy;
  return {
    ...(scopes && { scopes }),
    ...(resources && { resources }),
    ...(methods && { authentication_methods: methods }),
    ...(grants && { grant_types: grants }),
  };
}

/** What {@link policyJson} answers, in one line. */
export function policyText(policy: unknown): string {
  return Object.entries(policy ?? {})
    .map(([name, values]) => `${name}=${Array.isArray(values) ? values.join(' ') : String(values)}`)
    .join(', ');
}

/** The scopes that may be registered, for people. */
export function scopesText({ scopes, resources }: RegistrationPolicy): string {
  if (scopes) return scopes.join(' ') || '-';
  return resources ? `(of ${resources.join(' ')})` : '(default)';
}
