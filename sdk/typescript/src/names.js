// pyro's JSON has snake_case, this package camelCase. Names that users gave (of labels, of variables) stay as they are.

import { MAPS } from './version.js';

const toCamel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());
const toSnake = (name) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

export function camelCased(value) {
  if (Array.isArray(value)) return value.map(camelCased);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, v]) => {
      const camel = toCamel(name);
      return [camel, MAPS.has(camel) ? v : camelCased(v)];
    }),
  );
}

/** Arguments, one level deep; what is undefined is left out. */
export function snakeCased(args) {
  return Object.fromEntries(
    Object.entries(args)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [toSnake(name), value]),
  );
}
