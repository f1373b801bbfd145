#!/bin/sh
echo [web]
echo a
