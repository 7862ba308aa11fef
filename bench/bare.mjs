// The yardstick: a NestJS controller that answers a constant, with Nest's defaults.
import 'reflect-metadata';
import { Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

const ANSWER = { access_token: 'constant', token_type: 'Bearer', expires_in: 3600 };

class BareController {
  read() {
    return ANSWER;
  }

  write() {
    return ANSWER;
  }
}

// Decorators applied by hand: this file runs without a build.
function decorate(decorator, name) {
  decorator(BareController.prototype, name, Object.getOwnPropertyDescriptor(BareController.prototype, name));
}
decorate(Get(), 'read');
decorate(Post(), 'write');
Controller('bare')(BareController);

class BareModule {}
Module({ controllers: [BareController] })(BareModule);

const adapter = process.env.HTTP_ADAPTER === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(BareModule, adapter, { logger: false });
await app.listen(Number(process.env.PORT), '127.0.0.1');
