/** Of the same secret, one of each format and each by another implementation than the one that is tested. */
export const SECRET = 'correct horse – Pferd';

/** Where it comes from. */
export const SOURCE = '192.0.2.1';

/** OpenSSL, by Python’s `cryptography`. */
export const ARGON2ID =
  '$argon2id$v=19$m=19456,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$YMYSrxpH6PkYVUapAXNLGvmY4fG2d8XHGvOXD41OXV0';

/** libxcrypt, by Python’s `crypt`. */
export const BCRYPT_2Y = '$2y$06$Kn7Qz0aWcV1LhT9eGyXsRuDhepiXBpPHN.X6UGXBeOUGykDSFSLRW';

/** OpenSSL, by Python’s `hashlib.scrypt`. */
export const SCRYPT =
  '$scrypt$ln=15,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$qVScY0CHH9KTUt5yJ5XfLiM/FjTR/8RuAwcwTMTMzeE';
export const SCRYPT_PADDED =
  '$scrypt$ln=14,p=2,r=8$AAECAwQFBgcICQoLDA0ODw==$oEiKYiDsBlVdVTQqom7a4zx9xVrGvomT/ieWNtxqh2WwVvk7YZ//pmf3a/fvsKw/NhwS+3cIi/Sy/4huAmfo2A==';

/** Published ones, with their secrets. */
export const PUBLISHED: readonly (readonly [string, string, string])[] = [
  [
    'argon2id of the reference implementation’s tests',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2id of the reference implementation’s tests, with as much memory as is taken',
    'password',
    '$argon2id$v=19$m=262144,t=2,p=1$c29tZXNhbHQ$eP4eyR+zqlZX1y5xCFTkw9m5GYx0L5YWwvCFvtlbLow',
  ],
  [
    'scrypt of RFC 7914 §12',
    'pleaseletmein',
    '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw',
  ],
  [
    'scrypt of passlib’s manual',
    'password',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  ],
  [
    'bcrypt of John the Ripper’s tests',
    'U*U',
    '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  ],
];
