#!/bin/sh
echo "correct horse battery staple"
