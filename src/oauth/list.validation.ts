import { ValidateBy, type ValidationOptions } from 'class-validator';

/**
 * An array of at most `most` different values. class-validator's own check for repeats compares each with each, whatever
 * the checks of the length beside it say, and a body has room for a million.
 */
export function IsListOf(most: number, options: ValidationOptions): PropertyDecorator {
  const validate = (value: unknown) =>
    Array.isArray(value) && value.length <= most && new Set(value).size === value.length;
  return ValidateBy({ name: 'isListOf', validator: { validate } }, options);
}
